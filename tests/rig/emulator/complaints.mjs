// What the emulator or a patch has to complain about: an unimplemented register, an instruction that there is none of, firmware that
// does what silicon would not take. One complaint fails a run: throwing it stops the program where it was made.

export class Complaint extends Error {}

export function complain(about, text) {
	throw new Complaint(`${about}: ${text}`);
}

// rp2040js's logger. Its debug and info lines are of no interest.
export const logger = {
	debug() {},
	info() {},
	warn: complain,
	error: complain,
};

// Some of its files go past the logger.
console.warn = (...words) => complain('emulator', words.join(' '));
console.error = (...words) => complain('emulator', words.join(' '));
