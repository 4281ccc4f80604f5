#include "telemetry/log_field.hpp"

namespace mosaic {

std::string_view to_string(Field field) {
  switch (field) {
    case Field::kind:
      return "kind";
    case Field::name:
      return "name";
    case Field::key:
      return "key";
    case Field::container:
      return "container";
    case Field::image:
      return "image";
    case Field::action:
      return "action";
    case Field::phase:
      return "phase";
    case Field::reason:
      return "reason";
    case Field::error:
      return "error";
    case Field::duration_ms:
      return "duration_ms";
    case Field::attempt:
      return "attempt";
    case Field::status:
      return "status";
    case Field::method:
      return "method";
    case Field::path:
      return "path";
    case Field::remote:
      return "remote";
    case Field::term:
      return "term";
    case Field::generation:
      return "generation";
    case Field::count:
      return "count";
    case Field::subnet:
      return "subnet";
    case Field::version:
      return "version";
    case Field::port:
      return "port";
    case Field::address:
      return "address";
    case Field::signal:
      return "signal";
    case Field::exit_code:
      return "exit_code";
    case Field::delay_ms:
      return "delay_ms";
    case Field::memory_mb:
      return "memory_mb";
    case Field::url_host:
      return "url_host";
    case Field::state:
      return "state";
    case Field::result:
      return "result";
    case Field::database:
      return "database";
    case Field::migration:
      return "migration";
    case Field::file:
      return "file";
  }
  return "unknown";
}

}  // namespace mosaic
