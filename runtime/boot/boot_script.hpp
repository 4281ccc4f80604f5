// The shell script that every agent's container begins with (boot/agent-boot.sh), built into the program: stock
// images do not contain it, so the driver hands it over, as `sh -c <script>`.
//
// What the script needs in the environment: MOSAIC_API_URL, AGENT_KIND ("user" or "system"), AGENT_ID, AGENT_TOKEN.
// How it ends when it cannot hand over to the gateway: model/boot_exit.hpp.
#pragma once

#include <string_view>

namespace mosaic {

std::string_view agent_boot_script();
// As its second argument: fetch and apply the configuration beside a gateway that runs.
inline constexpr std::string_view reload_mode = "reload";

// JavaScript for `node -e` inside the container: when its scheduled jobs are due. See the file.
std::string_view read_schedule_script();

}  // namespace mosaic
