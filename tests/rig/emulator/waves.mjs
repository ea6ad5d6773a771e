// What is at an analog input: `constant:CODE`, `sine:MIDDLE,AMPLITUDE,HZ`, `ramp:SECONDS`, `file:PATH`; a function of virtual ns to codes of 12 bits.
// A file has lines `SECONDS CODE`, rising; between them it is a straight line, before and after them as the first and the last.
import { readFileSync } from 'node:fs';

export function wave(text) {
	const [, kind, rest] = /^(\w+):(.*)$/.exec(text) ?? [];
	const numbers = (rest ?? '').split(',').map(Number);
	if (kind === 'file')
		return points(rest);
	if (!numbers.every(Number.isFinite) || numbers.length !== { constant: 1, sine: 3, ramp: 1 }[kind])
		throw new Error(`'${text}' is no waveform: constant:CODE, sine:MIDDLE,AMPLITUDE,HZ, ramp:SECONDS or file:PATH`);
	const [a, b, c] = numbers;
	switch (kind) {
		case 'constant':
			return () => a;
		case 'sine':
			return (ns) => code(a + b * Math.sin(2 * Math.PI * c * (ns * 1e-9)));
		case 'ramp':
			return (ns) => Math.floor(((ns / (a * 1e9)) % 1) * 4096);
	}
}

const code = (value) => Math.max(0, Math.min(4095, Math.round(value)));

function points(path) {
	const rows = readFileSync(path, 'utf8').split('\n').filter((line) => line.trim() && !line.startsWith('#')).map((line) => line.trim().split(/[\s,]+/).map(Number));
	if (!rows.length || !rows.every(([t, v], i) => Number.isFinite(t) && Number.isFinite(v) && (i === 0 || t >= rows[i - 1][0])))
		throw new Error(`${path}: lines of two numbers, seconds and a code, in the order of time`);
	let at = 0;
	return (ns) => {
		const t = ns * 1e-9;
		if (at > 0 && t < rows[at][0])
			at = 0;
		while (at + 1 < rows.length && rows[at + 1][0] <= t)
			at++;
		const [t0, v0] = rows[at], [t1, v1] = rows[Math.min(at + 1, rows.length - 1)];
		return code(t <= t0 || t1 === t0 ? v0 : v0 + ((v1 - v0) * (t - t0)) / (t1 - t0));
	};
}
