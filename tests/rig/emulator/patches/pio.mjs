// State machines that are enabled run in step with the processor, at their divider. Stock: all of them run, in the host's own time,
// whenever its event loop comes round, and know no divider.

export function patchPio(chip) {
	chip.pioRunning = false;
	for (const pio of chip.pio) {
		pio.run = () => {
			chip.pioRunning = true;
		};
		for (const machine of pio.machines)
			machine.toNextStep = 1;
	}
}

// One cycle of clk_sys: true while any state machine is enabled. Call it before the clock is advanced by that cycle.
export function stepPio(chip) {
	chip.pioRunning = false;
	for (const pio of chip.pio) {
		if (pio.stopped)
			continue;
		chip.pioRunning = true;
		for (const machine of pio.machines)
			if (machine.enabled && --machine.toNextStep <= 0) {
				machine.toNextStep += (machine.clockDivInt || 65536) + machine.clockDivFrac / 256;
				machine.step();
			}
		pio.checkChangedPins();
	}
	return chip.pioRunning;
}
