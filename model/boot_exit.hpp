// How an agent's boot script ends when it does not hand over to the gateway (runtime/boot/agent-boot.sh): the script says
// it, whoever plans acts upon it. After it has handed over, the codes are the gateway's own.
#pragma once

namespace mosaic::boot_exit {

inline constexpr int cannot_write = 73;     // /tmp or a volume refuses to be written
inline constexpr int api_unreachable = 75;  // no configuration within the limit: try later
inline constexpr int not_taken = 76;  // the running gateway did not accept a new configuration
// Another container uses the agent's state, or another reload is at work: try later. Nothing was touched.
inline constexpr int held_by_another = 77;
// The API knows no such agent or token, or the gateway refuses what it says: nothing changes by itself.
inline constexpr int nothing_to_boot = 78;
inline constexpr int unfit_image = 79;  // the image lacks a program that booting needs: likewise

}  // namespace mosaic::boot_exit
