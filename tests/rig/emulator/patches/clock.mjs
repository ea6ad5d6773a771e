// A cycle takes as long as the firmware has made it. Stock: the Simulator takes 8 ns for granted.

export function patchClock(chip) {
	chip.cycleNanos = 1e9 / chip.clkSys;
	chip.addClockListener((frequency) => {
		chip.cycleNanos = 1e9 / frequency;
	});
}
