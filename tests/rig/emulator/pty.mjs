// The host's tty as a pty (pty.py): what a program writes to it goes to the device at the virtual time at which it came, and back.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export class Pty {
	constructor(host, pace, link, { onLink, onEnd }) {
		this.child = spawn('/usr/bin/python3', [fileURLToPath(new URL('pty.py', import.meta.url)), link], { stdio: ['pipe', 'pipe', 'inherit'] });
		this.child.on('exit', (code, signal) => this.ended || onEnd(new Error(`the pty's helper ended with ${signal ?? code}`)));
		this.child.stdin.on('error', () => {});
		this.pending = Buffer.alloc(0);
		this.onLink = onLink;
		this.child.stdout.on('data', (data) => this.take(data, host, pace));
		this.child.stdin.on('drain', () => pace.arrived(() => host.stall(this.heldBack = false)));
		host.onReady = (isThere) => this.tell(isThere ? 'O' : 'C');
		host.onBytes = (bytes) => {
			if (!this.tell('D', bytes) && !this.heldBack)
				host.stall(this.heldBack = true);
		};
	}

	// False: there is no more room.
	tell(letter, data = Buffer.alloc(0)) {
		const head = Buffer.alloc(5);
		head.write(letter);
		head.writeUInt32LE(data.length, 1);
		return this.child.stdin.write(Buffer.concat([head, data]));
	}

	take(data, host, pace) {
		this.pending = Buffer.concat([this.pending, data]);
		while (this.pending.length >= 5 && this.pending.length >= 5 + this.pending.readUInt32LE(1)) {
			const size = this.pending.readUInt32LE(1), letter = String.fromCharCode(this.pending[0]), bytes = this.pending.subarray(5, 5 + size);
			this.pending = this.pending.subarray(5 + size);
			if (letter === 'r')
				this.onLink();
			else
				pace.arrived(() => (letter === 'd' ? host.write(bytes) : host.setOpen(letter === 'o')));
		}
	}

	// Resolves when LINK has gone.
	end() {
		this.ended = true;
		this.child.stdin.end();
		return new Promise((resolve) => (this.child.exitCode === null ? this.child.on('exit', resolve) : resolve()));
	}
}
