/* SPDX-License-Identifier: Apache-2.0 */
/* The USB device controller and its memory (datasheet 4.1). Host mode is left out. */
#ifndef RP2040_USB_H
#define RP2040_USB_H

#include "rp2040/register.h"

#define USB_ENDPOINTS 16
#define USB_MEMORY_BYTES 4096u
struct rp_usb_memory {
	reg32 setup[2];
	struct {
		reg32 in, out;
	} control[USB_ENDPOINTS - 1]; /* of endpoint n + 1 */
	struct {
		reg32 in, out;
	} buffer[USB_ENDPOINTS];
	reg32 data0[16]; /* endpoint 0's, of both directions */
	reg32 spare[16];
	reg32 data[(USB_MEMORY_BYTES - 0x180u) / 4];
};
AT(rp_usb_memory, buffer, 0x80);
AT(rp_usb_memory, data0, 0x100);
AT(rp_usb_memory, data, 0x180);
#define USB_MEMORY ((struct rp_usb_memory *)0x50100000u)
#define USB_CONTROL_ENABLE BIT(31)
#define USB_CONTROL_INTERRUPT BIT(29) /* after each buffer */
#define USB_CONTROL_TYPE(n) ((uint32_t)(n) << 26)
#define USB_TYPE_BULK 2u
#define USB_TYPE_INTERRUPT 3u
#define USB_BUFFER_FULL BIT(15)
#define USB_BUFFER_DATA1 BIT(13)
#define USB_BUFFER_STALL BIT(11)
#define USB_BUFFER_AVAILABLE BIT(10)
#define USB_BUFFER_LENGTH 0x3ffu

struct rp_usb {
	reg32 addr_endp, addr_endp1_15[15];
	reg32 main_ctrl, sof_wr, sof_rd, sie_ctrl, sie_status, int_ep_ctrl, buff_status, buff_cpu_should_handle, ep_abort, ep_abort_done;
	reg32 ep_stall_arm, nak_poll, ep_status_stall_nak, muxing, pwr, direct, direct_override, trim, reserved, intr, inte, intf, ints;
};
AT(rp_usb, main_ctrl, 0x40);
AT(rp_usb, sie_ctrl, 0x4c);
AT(rp_usb, buff_status, 0x58);
AT(rp_usb, ep_abort, 0x60);
AT(rp_usb, ep_stall_arm, 0x68);
AT(rp_usb, muxing, 0x74);
AT(rp_usb, inte, 0x90);
AT(rp_usb, ints, 0x98);
#define USB ((struct rp_usb *)0x50110000u)
#define USB_MAIN_ENABLE BIT(0)
#define USB_SIE_EP0_INTERRUPT BIT(29)
#define USB_SIE_PULL_UP BIT(16)
#define USB_STATUS_BUS_RESET BIT(19)
#define USB_STATUS_SETUP BIT(17)
#define USB_STATUS_RESUME BIT(11)
#define USB_STATUS_SUSPENDED BIT(4)
#define USB_STALL_EP0_IN BIT(0)
#define USB_STALL_EP0_OUT BIT(1)
#define USB_MUX_TO_PHY BIT(0)
#define USB_MUX_SOFTCON BIT(3)
#define USB_POWER_VBUS BIT(2)
#define USB_POWER_VBUS_OVERRIDE BIT(3)
#define USB_INT_BUFFER BIT(4)
#define USB_INT_BUS_RESET BIT(12)
#define USB_INT_SUSPEND BIT(14)
#define USB_INT_RESUME BIT(15)
#define USB_INT_SETUP BIT(16)

#endif
