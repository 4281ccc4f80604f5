// A fleet of 100,000 rows in Postgres, nearly all of it asleep, and a simulated engine that holds the containers of
// those who are not: the world of the cold list.
//
// Used from one thread until the loop under test begins.
#pragma once

#include <string>

#include "bench/database.hpp"
#include "model/clock.hpp"
#include "secrets/secret_box.hpp"
#include "store/postgres_store.hpp"
#include "test/fakes/fake_engine.hpp"

namespace mosaic::bench {

struct LargeFleetSize {
  int rows = 100'000;
  int awake = 500;
};

// Inserts the rows, as a fleet that has run for a while left them: settled status, two conditions, one provider each.
void insert_large_fleet(BenchDatabase& database, const SecretBox& box, LargeFleetSize size);

// Gives each awake row its container on the engine, and the row the status that goes with it.
void wake_part_of_fleet(PostgresStore& store, FakeEngine& engine, const SecretBox& box,
                        const Clock& clock, LargeFleetSize size);

}  // namespace mosaic::bench
