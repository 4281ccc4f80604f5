#include "store/postgres_egress_refusal_log.hpp"

#include "store/column_text.hpp"
#include "store/connection_pool.hpp"

namespace mosaic {

void PostgresEgressRefusalLog::append_egress_refusal(const EgressRefusal& refusal) {
  static constexpr Statement statement{"egress_refused",
                                       "SELECT mosaic_api_egress_refused($1, $2, $3, $4)"};
  database_.pool().perform("note what was refused", Repeat::safely, [&](Session& session) {
    session.run(statement, {timestamp_text(refusal.at), std::string(short_name(refusal.agent.kind)),
                            storable_text(refusal.agent.name), storable_text(refusal.message)});
  });
}

}  // namespace mosaic
