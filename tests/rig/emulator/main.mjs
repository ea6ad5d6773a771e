// tests/rig/emulate: the firmware in real time, behind a pty.
import { readFileSync, unlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { parseArgs } from 'node:util';
import { Board, INPUTS, readPins } from './board.mjs';
import { HELP, makeCommands, serveSocket, serveStdin } from './control.mjs';
import { ByteFaults } from './faults.mjs';
import { flashOf } from './flash.mjs';
import { I2cBus } from './i2c-bus.mjs';
import { Ina228 } from './ina228.mjs';
import { Machine } from './machine.mjs';
import { Pace } from './pace.mjs';
import { Pty } from './pty.mjs';
import { Lines, Truth } from './publish.mjs';
import { BOARD } from './rig.mjs';
import { UsbHost } from './usb-host.mjs';
import { warmUp } from './warm-up.mjs';
import { wave } from './waves.mjs';

const PRIORITY = -10; // as nice(1) has it
const USAGE = `usage: tests/rig/emulate IMAGE --pty LINK [OPTION...]

Runs the rig's firmware (firmware/rig.bin of a build) in real time; LINK leads to a pty that is its USB serial port. Prints "ready LINK" when
that is there for the first time, then answers commands from stdin. Everything that it says is simulated: its serial number begins with SIM.

  --serial SIM…          its serial number (SIM1)
  --board FILE           pins (firmware/board.h)
  --wire OUT1=IN1[:NS]   from terminal to terminal, so many ns later; any number of them
  --adc0 WAVE, --adc1 …  constant:CODE, sine:MIDDLE,AMPLITUDE,HZ, ramp:SECONDS, file:PATH
  --ina VOLTS,SHUNT      what an INA228 has at its inputs, V; --no-ina: there is none
  --start-ticks N        what the device's timer reads after a reset: 4290000000 rolls over 5 s later
  --ppm N                its crystal is so much too fast
  --free                 virtual time goes as fast as it can, and the logs are dated by it: for long runs that nobody else times
  --plant FILE           lines \`SECONDS TERMINAL LEVEL\`, from when it is ready: IN1 to IN4, 0 or 1
  --no-modem             the host neither sets line coding nor DTR and RTS
  --truth FILE           every transition of every terminal, as JSON lines
  --lines-to PATH        OUT1 and OUT2 to a FIFO or a unix socket (emulator/publish.mjs says how)
  --control SOCKET       commands from there, too
  --cap SECONDS          it ends by then (3600)

Commands:${HELP}`;

const fail = (text) => {
	process.stderr.write(`emulate: ${text}\n`);
	process.exit(1);
};

function options() {
	const text = { type: 'string' }, flag = { type: 'boolean' };
	const { values, positionals } = parseArgs({ allowPositionals: true, options: {
		pty: text, serial: text, board: text, wire: { ...text, multiple: true }, adc0: text, adc1: text, ina: text, 'no-ina': flag, 'start-ticks': text,
		ppm: text, free: flag, plant: text, 'no-modem': flag, truth: text, 'lines-to': text, control: text, cap: text, help: flag,
	} });
	if (values.help) {
		process.stdout.write(`${USAGE}\n`);
		process.exit(0);
	}
	if (positionals.length !== 1 || !values.pty)
		throw new Error('it takes an image and --pty LINK; --help says more');
	return { image: positionals[0], ...values };
}

function wires(texts = []) {
	return texts.map((text) => {
		const found = /^(OUT[12])=(IN[1-4])(?::(\d+))?$/.exec(text);
		if (!found)
			throw new Error(`'${text}' is no wire: OUT1=IN1 or OUT1=IN1:2000`);
		return { from: found[1], to: found[2], delay: Number(found[3] ?? 0) };
	});
}

// A board does not wait for the programs of the computer that it is plugged into. Where that is not allowed, it falls behind more often.
function hurry() {
	try {
		setPriority(PRIORITY);
	} catch (error) {
		if (error.code !== 'ERR_SYSTEM_ERROR')
			throw error;
	}
}

function plant(board, path) {
	for (const line of path ? readFileSync(path, 'utf8').split('\n') : []) {
		const [seconds, name, level] = line.replace(/#.*/, '').trim().split(/\s+/);
		if (seconds && !(Number(seconds) >= 0 && INPUTS.includes(name) && ['0', '1'].includes(level)))
			throw new Error(`${path}: '${line}' is not SECONDS TERMINAL LEVEL`);
		if (seconds)
			board.plant(name, level === '1', board.machine.now + Number(seconds) * 1e9);
	}
}

function main() {
	const given = options(), pins = readPins(given.board ?? BOARD);
	hurry();
	warmUp(given.image, pins);
	const machine = new Machine({ flash: flashOf(given.image, { serial: given.serial ?? 'SIM1' }), startTicks: Number(given['start-ticks'] ?? 0) });
	const board = new Board(machine, pins, { wires: wires(given.wire) });
	for (const i of [0, 1])
		if (given[`adc${i}`])
			board.analog[i] = wave(given[`adc${i}`]);
	const [volts, shunt] = (given.ina ?? '12,0.01').split(',').map(Number);
	const ina = given['no-ina'] ? null : new Ina228(machine, { inputs: () => ({ volts, shunt }) });
	const i2c = new I2cBus(machine, 0, ina ?? { address: -1, stop() {} }, board.i2cPins);
	const host = new UsbHost(machine, { modem: !given['no-modem'] });
	const faults = new ByteFaults(host);
	const parts = [];
	const end = (code, why) => {
		pace.end();
		if (why)
			process.stderr.write(`emulate: ${why.stack ?? why}\n`);
		process.stderr.write(`emulate: ${JSON.stringify(status())}\n`);
		if (given.control)
			unlinkSync(given.control);
		Promise.all([pty.end(), truth?.end()]).then(() => process.exit(code));
	};
	const pace = new Pace(machine, { ppm: Number(given.ppm ?? 0), free: given.free, onStep: () => parts.forEach((part) => part.step()), onError: (error) => end(3, error) });
	const status = () => ({ ...pace.report(), ticks: machine.ticks, ready: host.ready, open: host.open, resets: machine.resets, packets: host.bus.packets, ...faults.done });
	let links = 0;
	const pty = new Pty(host, pace, given.pty, {
		onLink: () => links++ || process.stdout.write(`ready ${given.pty}\n`),
		onEnd: (error) => end(1, error),
	});
	const truth = given.truth ? new Truth(board, pace, given.truth) : null;
	if (given['lines-to'])
		parts.push(new Lines(board, pace, given['lines-to'], (error) => end(1, error)));
	const commands = makeCommands({ machine, board, host, ina, i2c, faults, pace, status, quit: () => end(0) });
	serveStdin(pace, commands);
	if (given.control)
		serveSocket(given.control, pace, commands);
	for (const signal of ['SIGINT', 'SIGTERM'])
		process.on(signal, () => end(0));
	setTimeout(() => end(4, 'its time is over (--cap)'), Number(given.cap ?? 3600) * 1000);
	machine.run(1e9, () => host.ready); // as fast as it goes, until it is there
	plant(board, given.plant);
	pace.begin();
}

try {
	main();
} catch (error) {
	fail(error.message);
}
