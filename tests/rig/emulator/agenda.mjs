// What will happen and when, in virtual ns: a heap; of what is due at the same instant, what was planned first comes first.

export class Agenda {
	constructor() {
		this.heap = [];
		this.planned = 0;
		this.next = Infinity; // when the first one is due
	}

	// Calls `act` at `time`; returns what `cancel` takes.
	at(time, act) {
		const entry = { time, order: this.planned++, act };
		const { heap } = this;
		let i = heap.length;
		while (i > 0) {
			const parent = (i - 1) >> 1;
			if (!before(entry, heap[parent]))
				break;
			heap[i] = heap[parent];
			i = parent;
		}
		heap[i] = entry;
		this.next = heap[0].time;
		return entry;
	}

	cancel(entry) {
		if (entry)
			entry.act = null;
	}

	// Takes the first one out and does it.
	perform() {
		const { heap } = this;
		const first = heap[0], last = heap.pop();
		if (heap.length)
			this.sink(last);
		this.next = heap.length ? heap[0].time : Infinity;
		first.act?.();
	}

	sink(entry) {
		const { heap } = this;
		let i = 0;
		for (;;) {
			let child = 2 * i + 1;
			if (child >= heap.length)
				break;
			if (child + 1 < heap.length && before(heap[child + 1], heap[child]))
				child++;
			if (!before(heap[child], entry))
				break;
			heap[i] = heap[child];
			i = child;
		}
		heap[i] = entry;
	}
}

function before(a, b) {
	return a.time < b.time || (a.time === b.time && a.order < b.order);
}
