// The role that the API has in the database: it may write what should be and never what is, and statements about one
// person's things are confined to that person's rows (migration 0009). The name is the fleet's own, because roles are
// shared by all databases of a server.
//
// Thread-safety: objects are used by one thread; several processes may run at the same time.
#pragma once

#include <string>

#include "store/database.hpp"

namespace mosaic {

struct ApiRoleState {
  std::string name;       // mosaic_api_<instance id>
  std::string schema;     // in which the tables are
  bool in_force = false;  // this login may act as the role, and the role has what the API needs
  std::string hindrance;  // why it is not in force, and
  std::string remedy;     // what to do about it: both one line, empty when it is
  bool confined =
      false;  // this login has no other rights, rather than being one that may leave the role at any time
};

class ApiRole {
 public:
  // Of the database's schema this program's version is expected.
  explicit ApiRole(const DatabaseOptions& options);

  // Changes nothing. Throws StoreError.
  ApiRoleState inspect();
  // Makes the role where this login may, and gives it exactly what the API needs. What stands in the way is told in the
  // state; throws StoreError when the database does not answer.
  ApiRoleState establish();

 private:
  DatabaseOptions options_;
};

// The options with which a process acts as the role from the first statement of every connection; where it is not in
// force, as its login.
DatabaseOptions acting_as(const ApiRoleState& role, DatabaseOptions options);

}  // namespace mosaic
