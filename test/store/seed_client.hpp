// A client that was generated from the older product's schema and knows none of our columns.
//
// Used from one thread; failures are GoogleTest's.
#pragma once

#include <string>

namespace mosaic::test {

// Inserts, reads, updates and deletes a row in each of its tables, with the statements that the Prisma client sends for
// create, findUnique, update and delete: qualified names, every column it knows spelled out, parameters for all values.
void use_all_six_tables(const std::string& url);

// The real one, which ./dev test fetches.
bool real_prisma_client_is_there();
int run_real_prisma_client(const std::string& url);  // 0: all went well

}  // namespace mosaic::test
