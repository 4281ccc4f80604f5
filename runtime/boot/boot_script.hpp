// The shell script that every agent's container begins with (boot/agent-boot.sh), built into the program: stock
// images do not contain it, so the driver hands it over, as `sh -c <script>`.
//
// What the script needs in the environment: MOSAIC_API_URL, AGENT_KIND ("user" or "system"), AGENT_ID, AGENT_TOKEN.
// How it ends when it cannot hand over to the gateway: see boot_exit.
#pragma once

#include <string_view>

namespace mosaic {

std::string_view agent_boot_script();
// As its second argument: fetch and apply the configuration beside a gateway that runs.
inline constexpr std::string_view reload_mode = "reload";

// JavaScript for `node -e` inside the container: when its scheduled jobs are due. See the file.
std::string_view read_schedule_script();

// Exit codes of the script itself. After it has handed over, the codes are the gateway's own.
namespace boot_exit {
inline constexpr int cannot_write = 73;  // /tmp or the workspace refuses to be written
inline constexpr int api_unreachable =
    75;  // no configuration within the limit, or the state is still locked: try later
inline constexpr int not_taken = 76;  // the running gateway did not accept a new configuration
inline constexpr int nothing_to_boot =
    78;  // the API knows no such agent or token: nothing changes by itself
}  // namespace boot_exit

}  // namespace mosaic
