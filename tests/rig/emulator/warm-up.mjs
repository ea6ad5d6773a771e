// Code that has not run yet is compiled while it does, and is some 50 times slower until then: so a rig that nobody sees does everything once,
// before another one has to keep up with real time.
import { INPUTS } from './board.mjs';
import { Rig } from './rig.mjs';
import { wave } from './waves.mjs';
import { LINE, TYPE, WATCH, make } from './wire.mjs';

export function warmUp(image, pins) {
	const rig = new Rig({ image, pins, wires: [{ from: 'OUT1', to: 'IN1', delay: 1000 }] });
	rig.keep = false;
	rig.board.analog = [wave('sine:2048,1000,50'), wave('ramp:0.1')];
	rig.begin();
	for (const name of INPUTS)
		rig.ask(TYPE.INPUT, make.input(LINE[name], WATCH.EDGES));
	rig.ask(TYPE.POWER_START, make.powerStart({}), 2e9);
	rig.ask(TYPE.ADC_START, make.adcStart(50000, 3));
	for (let i = 0; i < 100; i++) {
		rig.ask(TYPE.SET_OUTPUT, make.setOutput(LINE.OUT1, i % 2 === 0));
		rig.ask(TYPE.SYNC);
		rig.run(5e6);
	}
	rig.ask(TYPE.STOP);
	rig.run(100e6);
}
