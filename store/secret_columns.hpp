// Every place where the database holds a text that SecretBox wrote, and how such texts are replaced, some rows at a time,
// beside a fleet that is at work: rows that somebody else holds are passed over, nothing hears of it, and a transaction
// lasts as long as one batch.
//
// Thread-safety: every method may be called from any thread, also of several processes. Errors: StoreError.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.hpp"

namespace mosaic {

// Where encrypted texts stand. All but the name is SQL; rows are passed through in the order of the primary key.
struct SecretColumn {
  const char* name;  // for people: "provider keys"
  const char* table;
  const char* column;
  const char* encrypted;  // a condition that holds for the rows in question
  const char* position;   // two texts, the second empty where the primary key is one column
  const char* order;
  const char* after;  // a condition upon $1 and $2, which are such a position
};

// Where one has got to in a column; the default is before its first row.
struct SecretPosition {
  std::string first;
  std::string second;
};

// All of them. A new encrypted column belongs here; a test of the rotation holds it against what is in a full database.
std::span<const SecretColumn> secret_columns();

class SecretColumns {
 public:
  explicit SecretColumns(Database& database);

  // How much was read, and where to go on; nothing at the end of the column.
  struct Batch {
    std::uint64_t rows = 0;
    std::optional<SecretPosition> last;
  };
  using Look = std::function<void(const std::string& stored)>;
  // What should stand there instead; nothing: as it is.
  using Replace = std::function<std::optional<std::string>(const std::string& stored)>;

  std::uint64_t count(const SecretColumn& column);
  // At most `limit` encrypted texts after `after`. `look` may be called again from the start, should the
  // connection break.
  Batch read(const SecretColumn& column, const SecretPosition& after, std::size_t limit,
             const Look& look);
  // The same, in one transaction that holds the rows; those that others hold are not there. Whoever changes a row
  // meanwhile waits, and is not overwritten.
  Batch replace(const SecretColumn& column, const SecretPosition& after, std::size_t limit,
                const Replace& replacement);

 private:
  Database& database_;
};

}  // namespace mosaic
