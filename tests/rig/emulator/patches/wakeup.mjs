// Interrupts only become pending; the run loop alone decides when one is taken, and when WFI ends.
//
// Stock: setInterrupt enters the handler of a waiting core at once, even with interrupts disabled, and an interrupt that became
// pending between `cpsid` and `wfi` wakes nobody; one that SysTick or PendSV raises clears no `waiting`.

export function patchWakeup(chip) {
	const { core } = chip;
	core.setInterrupt = (irq, value) => {
		const bit = 1 << irq;
		if (!value) {
			core.pendingInterrupts &= ~bit;
		} else if (!(core.pendingInterrupts & bit)) {
			core.pendingInterrupts |= bit;
			core.interruptsUpdated = true;
		}
	};
}

// Is there what ends a WFI? Disabled by PRIMASK or not.
export function isWoken(core) {
	return (core.pendingInterrupts & core.enabledInterrupts) !== 0 || core.pendingSystick || core.pendingPendSV || core.pendingSVCall || core.pendingNMI;
}
