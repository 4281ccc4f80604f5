// EgressRefusalLog in Postgres. See store.hpp for threads and errors.
#pragma once

#include "store/database.hpp"
#include "store/egress_refusal_log.hpp"

namespace mosaic {

class PostgresEgressRefusalLog final : public EgressRefusalLog {
 public:
  explicit PostgresEgressRefusalLog(Database& database) : database_(database) {}

  void append_egress_refusal(const EgressRefusal& refusal) override;

 private:
  Database& database_;
};

}  // namespace mosaic
