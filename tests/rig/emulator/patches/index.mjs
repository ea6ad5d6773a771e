// Every patch, each for what its own file says. tests/rig/patches_test.mjs has one test for each.
import { patchAdc } from './adc.mjs';
import { patchChipReset } from './chip-reset.mjs';
import { patchClock } from './clock.mjs';
import { patchDma } from './dma.mjs';
import { patchExceptions } from './exceptions.mjs';
import { patchGpio } from './gpio.mjs';
import { patchI2c } from './i2c.mjs';
import { patchPio } from './pio.mjs';
import { patchResets } from './resets.mjs';
import { patchTimer } from './timer.mjs';
import { patchUsb } from './usb.mjs';
import { patchWakeup } from './wakeup.mjs';
import { patchWatchdog } from './watchdog.mjs';

// `had`: why it was last reset as a whole (chip-reset.mjs); `startTicks`: what its timer then reads; `onReset`: called when its watchdog
// has ended the program, with 'watchdog' or 'forced'.
export function patch(chip, { had, startTicks = 0, onReset }) {
	patchWakeup(chip);
	patchExceptions(chip);
	patchClock(chip);
	patchPio(chip);
	patchAdc(chip);
	patchDma(chip);
	patchWatchdog(chip, onReset);
	patchTimer(chip, startTicks);
	patchGpio(chip);
	patchI2c(chip);
	patchUsb(chip);
	patchI2c(chip);
	patchChipReset(chip, had);
	patchResets(chip);
}
