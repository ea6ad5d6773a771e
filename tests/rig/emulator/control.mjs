// The control channel: a command a line, from stdin or a unix socket; each is answered by one line, `ok …` or `error …`.
import { fstatSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { INPUTS } from './board.mjs';
import { wave } from './waves.mjs';

export const HELP = `
  edge IN2 1 [IN_MS]          a terminal goes high (0: low), now or so many virtual ms from now
  pulse IN2 MS [N PERIOD_MS]  N pulses
  adc 0 WAVE                  what is at ADC0 (waves.mjs)
  ina VOLTS SHUNT_VOLTS       what is at the INA228
  i2c ok|nak|data|stall|stuck the INA228 answers, does not, does not take bytes, holds SCL, holds SDA until it is clocked
  stall on|off                the host asks for no bytes
  drop in|out BYTES           the next bytes to the host, or from it, are lost
  garble in|out BYTES         the next bytes are garbled
  freeze MS                   the emulator's own host does nothing for so long: virtual time falls behind
  suspend, resume             the bus
  unplug, plug                the cable; the board keeps its power
  reset pin|power             RUN goes low; power goes and comes
  status                      one line of JSON
  quit`;

export function makeCommands({ machine, board, host, ina, i2c, faults, pace, status, quit }) {
	const positive = (word) => {
		const value = Number(word);
		if (!(value >= 0))
			throw new Error(`'${word}' is no number`);
		return value;
	};
	const one = (word, words) => {
		if (!words.includes(word))
			throw new Error(`'${word}' is none of ${words.join(', ')}`);
		return word;
	};
	return {
		edge: (name, level, ms = 0) => void board.plant(one(name, INPUTS), one(level, ['0', '1']) === '1', machine.now + positive(ms) * 1e6),
		pulse: (name, ms, n = 1, period = 2 * ms) => {
			for (let i = 0, start = machine.now; i < positive(n); i++, start += positive(period) * 1e6) {
				board.plant(one(name, INPUTS), true, start);
				board.plant(name, false, start + positive(ms) * 1e6);
			}
		},
		adc: (channel, text) => void (board.analog[one(channel, ['0', '1'])] = wave(text)),
		ina: (volts, shunt) => {
			const inputs = { volts: Number(volts), shunt: Number(shunt) };
			ina.inputs = () => inputs;
		},
		i2c: (fault) => i2c.setFault(one(fault, ['ok', 'nak', 'data', 'stall', 'stuck']) === 'ok' ? null : fault),
		stall: (how) => host.stall(one(how, ['on', 'off']) === 'on'),
		drop: (direction, bytes) => faults.set(one(direction, ['in', 'out']), 'drop', positive(bytes)),
		garble: (direction, bytes) => faults.set(one(direction, ['in', 'out']), 'garble', positive(bytes)),
		freeze: (ms) => pace.freeze(positive(ms) * 1e6),
		suspend: () => host.suspend(),
		resume: () => host.resume(),
		unplug: () => host.unplug(),
		plug: () => host.plug(),
		reset: (how) => machine.reset(one(how, ['pin', 'power'])),
		status: () => JSON.stringify(status()),
		quit: () => void setImmediate(quit),
	};
}

function serve(input, output, pace, commands) {
	const answer = (line) => output.writable && output.write(`${line}\n`);
	createInterface({ input }).on('line', (line) => {
		const [name, ...words] = line.trim().split(/\s+/);
		if (!name)
			return;
		if (!(name in commands))
			return void answer(`error no command '${name}'`);
		pace.arrived(() => {
			try {
				answer(`ok ${commands[name](...words) ?? ''}`.trim());
			} catch (error) {
				answer(`error ${error.message}`);
			}
		});
	});
}

// Who holds the other end of a pipe ends the emulator by closing it.
export function serveStdin(pace, commands) {
	const about = fstatSync(0);
	serve(process.stdin, process.stdout, pace, commands);
	if (about.isFIFO() || about.isSocket())
		process.stdin.on('end', commands.quit);
}

export function serveSocket(path, pace, commands) {
	const server = createServer((socket) => {
		socket.on('error', () => {});
		serve(socket, socket, pace, commands);
	});
	server.listen(path);
	return server;
}
