// COPY … FROM STDIN out of bytes that come in pieces. Private to store/.
//
// Thread-safety: one thread at a time, as the transaction.
#pragma once

#include <cstdint>
#include <functional>
#include <pqxx/pqxx>
#include <string>

namespace mosaic {

// `source` appends some bytes of lines in COPY's text format, and answers false at their end. Returns the number of
// lines. Memory is bounded by one line and one piece.
std::uint64_t copy_lines_in(pqxx::transaction_base& transaction, const std::string& target,
                            const std::function<bool(std::string&)>& source);

}  // namespace mosaic
