// The emulator of the RP2040 itself, rp2040js, from where `tests/rig/get-emulator` has put it (RIG_EMULATOR). What stands here is all
// that is used of it; the version is the one whose faults ./patches mends.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export const VERSION = '1.4.1';
const folder = process.env.RIG_EMULATOR;
if (!folder)
	throw new Error('RIG_EMULATOR is not set: start this through tests/rig/run or tests/rig/emulate');
const found = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
if (found !== VERSION)
	throw new Error(`${folder} is version ${found}: the patches are for ${VERSION}`);

const load = (file) => import(pathToFileURL(join(folder, 'dist', 'esm', file)).href);
export const { RP2040, Simulator, USBCDC, GPIOPinState } = await load('index.js');
export const { SimulationClock } = await load('clock/simulation-clock.js');
