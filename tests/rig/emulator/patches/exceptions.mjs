// Entering and leaving a handler takes time: 15 cycles to enter on a Cortex-M0+ with memory that does not wait (ARM DDI 0484, 3.9),
// and, as its trace shows, about as many to leave. Stock: none.

export const ENTRY_CYCLES = 15;
export const RETURN_CYCLES = 13;

export function patchExceptions(chip) {
	const { core } = chip;
	const enter = core.exceptionEntry, leave = core.exceptionReturn;
	core.extraCycles = 0;
	core.exceptionEntry = (number) => {
		core.extraCycles += ENTRY_CYCLES;
		enter.call(core, number);
	};
	core.exceptionReturn = (how) => {
		core.extraCycles += RETURN_CYCLES;
		leave.call(core, how);
	};
}
