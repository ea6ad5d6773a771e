// How Linux meets a device (drivers/usb/core/hub.c, drivers/usb/class/cdc-acm.c): the order of its requests, and how long it waits.

const GET_DESCRIPTOR = 6, SET_ADDRESS = 5, SET_CONFIGURATION = 9;
const DEVICE = 1, CONFIGURATION = 2, STRING = 3, QUALIFIER = 6;
export const IDLE_NANOS = 3e6; // without a frame: the device is suspended (USB 2.0, 7.1.7.6)
const DEBOUNCE = 97e6, RESET = 50e6, RECOVERY = 10e6;
const ENGLISH = 0x0409;
const SET_LINE_CODING = 0x20, SET_CONTROL_LINE_STATE = 0x22;

// What the device says of itself: {vendor, product, strings, endpoints, …}. `address`: the one that it gets.
export function* enumerate(bus, address, resets) {
	yield IDLE_NANOS;
	bus.sie.suspend(); // its port is not enabled: there are no frames
	yield DEBOUNCE;
	yield* reset(bus);
	if (resets > 1) {
		yield* get(bus, DEVICE, 0, 0, 64);
		yield* reset(bus);
	}
	yield* bus.control(0, SET_ADDRESS, address, 0, 0);
	yield 2e6;
	bus.address = address;
	yield RECOVERY;
	const device = yield* get(bus, DEVICE, 0, 0, 18);
	const found = { usb: word(device, 2), vendor: word(device, 8), product: word(device, 10), release: word(device, 12), class: device[4] };
	if (found.usb >= 0x200)
		found.qualifier = (yield* bus.control(0x80, GET_DESCRIPTOR, QUALIFIER << 8, 0, 10)).stalled ? null : 'there';
	const head = yield* get(bus, CONFIGURATION, 0, 0, 9);
	const configuration = yield* get(bus, CONFIGURATION, 0, 0, word(head, 2));
	Object.assign(found, parse(configuration));
	found.strings = yield* strings(bus, device);
	yield* bus.control(0, SET_CONFIGURATION, configuration[5], 0, 0);
	return found;
}

function* reset(bus) {
	bus.address = 0;
	bus.sie.busReset();
	yield RESET + RECOVERY;
}

function* get(bus, type, index, language, length) {
	const { data, stalled } = yield* bus.control(0x80, GET_DESCRIPTOR, (type << 8) | index, language, length);
	if (stalled || data[1] !== type || (type !== CONFIGURATION && data[0] !== data.length))
		throw new Error(`descriptor ${type}.${index}: ${stalled ? 'STALL' : [...data]}`);
	return data;
}

function* strings(bus, device) {
	const languages = yield* get(bus, STRING, 0, 0, 255);
	if (word(languages, 2) !== ENGLISH)
		throw new Error(`its language is ${word(languages, 2)}`);
	const found = {};
	for (const [name, index] of [['product', device[15]], ['manufacturer', device[14]], ['serial', device[16]]])
		if (index)
			found[name] = Buffer.from((yield* get(bus, STRING, index, ENGLISH, 255)).subarray(2)).toString('utf16le');
	return found;
}

// Interfaces and endpoints of a CDC-ACM device.
function parse(bytes) {
	const found = { interfaces: [], functional: [], power: bytes[8] * 2, attributes: bytes[7] };
	for (let at = 0; at < bytes.length; at += bytes[at]) {
		const type = bytes[at + 1];
		if (bytes[at] < 2 || at + bytes[at] > bytes.length)
			throw new Error('a configuration descriptor that does not end where it should');
		if (type === 4)
			found.interfaces.push({ number: bytes[at + 2], class: bytes[at + 5], subclass: bytes[at + 6] });
		if (type === 0x24)
			found.functional.push(bytes[at + 2]);
		if (type === 5) {
			const kind = bytes[at + 3] & 3, isIn = bytes[at + 2] & 0x80;
			found[kind === 3 ? 'notify' : isIn ? 'in' : 'out'] = { number: bytes[at + 2] & 15, size: word(bytes, at + 4) };
		}
	}
	return found;
}

const word = (bytes, at) => bytes[at] | (bytes[at + 1] << 8);

// What cdc_acm says when it finds a device, and what it says when a program opens the tty.
export function* setLineCoding(bus, found, baud = 9600) {
	const data = Uint8Array.of(baud & 255, (baud >> 8) & 255, (baud >> 16) & 255, baud >>> 24, 0, 0, 8);
	return yield* bus.control(0x21, SET_LINE_CODING, 0, found.interfaces[0].number, 7, data);
}

export function* setLineState(bus, found, lines) {
	return yield* bus.control(0x21, SET_CONTROL_LINE_STATE, lines, found.interfaces[0].number, 0);
}
