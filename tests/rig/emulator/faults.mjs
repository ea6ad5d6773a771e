// What goes wrong between the host's program and the device: the next bytes are dropped or garbled, in one direction or the other.

export class ByteFaults {
	constructor(host) {
		this.left = { in: { drop: 0, garble: 0 }, out: { drop: 0, garble: 0 } };
		this.done = { dropped: 0, garbled: 0 };
		host.filterIn = (bytes) => this.apply(this.left.in, bytes);
		host.filterOut = (bytes) => this.apply(this.left.out, bytes);
	}

	set(direction, kind, bytes) {
		this.left[direction][kind] += bytes;
	}

	apply(left, bytes) {
		if (!left.drop && !left.garble)
			return bytes;
		const dropped = Math.min(left.drop, bytes.length);
		left.drop -= dropped;
		this.done.dropped += dropped;
		const rest = Uint8Array.from(bytes.subarray(dropped));
		for (let i = 0; i < rest.length && left.garble; i++, left.garble--) {
			rest[i] ^= 0x55;
			this.done.garbled++;
		}
		return rest;
	}
}
