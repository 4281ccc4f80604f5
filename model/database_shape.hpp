// What a backup says of the database that it is of: everything that must be known before a row of it
// can be put back.
//
// Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mosaic {

struct TableShape {
  std::string name;
  std::vector<std::string> columns;  // that are kept, in the order of the rows' fields

  bool operator==(const TableShape&) const = default;
};

// The counter behind an identity column.
struct CounterShape {
  std::string table;
  std::string column;
  std::int64_t last = 0;  // handed out last; 0: none

  bool operator==(const CounterShape&) const = default;
};

struct DatabaseShape {
  std::vector<std::string>
      migrations;                  // their checksums, in order; as many as the schema's version
  std::string instance;            // the label of everything on the engine
  std::string key_check;           // empty: nothing was ever encrypted
  std::vector<TableShape> tables;  // a table comes after those that it refers to
  std::vector<CounterShape> counters;

  int version() const { return static_cast<int>(migrations.size()); }
  bool operator==(const DatabaseShape&) const = default;
};

}  // namespace mosaic
