#include "store/agent_columns.hpp"

#include <algorithm>

#include "store/column_reader.hpp"
#include "store/column_text.hpp"

namespace mosaic {
namespace {

// Texts that somebody has taken apart already: the fields of a COPY line.
class ListedFields {
 public:
  explicit ListedFields(const std::vector<Field>& fields) : fields_(fields) {}
  Field next() { return index_ < fields_.size() ? fields_[index_++] : Field(); }

 private:
  const std::vector<Field>& fields_;
  std::size_t index_ = 0;
};

using AgentColumns = ColumnReader<ListedFields>;

AgentStatus decode_status(AgentColumns& columns) {
  AgentStatus status;
  status.phase = parse_phase(columns.next().value_or("")).value_or(Phase::stopped);
  status.container_id = columns.text();
  status.endpoint = columns.text();
  status.observed_generation = columns.number().value_or(0);
  status.config_hash = columns.text();
  status.conditions = parse_conditions(columns.next().value_or(""));
  status.restart_count = static_cast<int>(columns.number().value_or(0));
  status.next_retry_at = columns.time();
  status.last_exit_at = columns.time();
  status.started_at = columns.time();
  status.ready_at = columns.time();
  status.asleep_since = columns.time();
  status.drain_since = columns.time();
  status.terminated_at = columns.time();
  status.last_error = columns.text();
  status.failed_spec = columns.text();
  status.start_duration_ms = columns.number();
  status.next_due_at = columns.time();
  return status;
}

Duration idle_timeout(std::optional<std::int64_t> minutes) {
  constexpr std::int64_t longest =
      10LL * 366 * 24 * 60;  // keeps deadlines representable whatever the row says
  if (!minutes) return AgentRow{}.idle_timeout;
  return std::chrono::minutes(std::clamp<std::int64_t>(*minutes, 0, longest));
}

// The port of "address:port", as the seed's gatewayPort.
Parameter port_parameter(const std::string& endpoint) {
  const auto colon = endpoint.rfind(':');
  if (colon == std::string::npos || colon + 1 == endpoint.size() || endpoint.size() - colon > 6)
    return std::nullopt;
  const std::string port = endpoint.substr(colon + 1);
  if (port.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return port;
}

}  // namespace

AgentRow decode_agent(const std::vector<Field>& fields) {
  AgentColumns columns{ListedFields(fields)};
  AgentRow row;
  row.key.kind = columns.next() == Field("user") ? ResourceKind::user_container
                                                 : ResourceKind::system_container;
  row.key.name = columns.text();
  row.owner = columns.text();
  row.container_name = columns.text();
  row.role = columns.text();
  row.gateway_token = columns.text();
  row.next_gateway_token = columns.text();
  row.desired_state =
      parse_desired_state(columns.next().value_or("")).value_or(DesiredState::automatic);
  row.active = columns.flag();
  row.generation = columns.number().value_or(1);
  row.restarted_at = columns.time();
  row.deletion_requested_at = columns.time();
  row.purge = columns.flag();
  row.move_to_node = columns.text();
  row.move_without_state = columns.flag();
  row.image = columns.text();
  row.memory_mb = columns.number();
  row.cpu_milli = columns.number();
  row.last_active_at = columns.time();
  row.busy_until = columns.time();
  row.idle_timeout = idle_timeout(columns.number());
  row.status = decode_status(columns);
  return row;
}

AgentRow decode_agent(const pqxx::row& row) {
  std::vector<Field> fields;
  fields.reserve(row.size());
  for (const auto& field : row) {
    fields.push_back(field.is_null() ? Field()
                                     : Field(std::string_view(field.c_str(), field.size())));
  }
  return decode_agent(fields);
}

std::vector<Parameter> status_parameters(const AgentStatus& status, Term term) {
  return {std::string(to_string(status.phase)),
          std::string(seed_status(status.phase)),
          text_parameter(status.container_id),
          text_parameter(status.endpoint),
          port_parameter(status.endpoint),
          std::to_string(status.observed_generation),
          text_parameter(status.config_hash),
          conditions_json(status.conditions),
          std::to_string(status.restart_count),
          timestamp_parameter(status.next_retry_at),
          timestamp_parameter(status.last_exit_at),
          timestamp_parameter(status.started_at),
          timestamp_parameter(status.ready_at),
          timestamp_parameter(status.asleep_since),
          timestamp_parameter(status.drain_since),
          timestamp_parameter(status.terminated_at),
          text_parameter(status.last_error),
          text_parameter(status.failed_spec),
          number_parameter(status.start_duration_ms),
          timestamp_parameter(status.next_due_at),
          std::to_string(term)};
}

}  // namespace mosaic
