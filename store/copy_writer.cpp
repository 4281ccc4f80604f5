#include "store/copy_writer.hpp"

#include <pqxx/tablewriter>

#include "store/store.hpp"

namespace mosaic {
namespace {

// A row of Postgres cannot be larger, and no line of a sound backup is.
constexpr std::size_t longest_line = 1024UL * 1024 * 1024;

}  // namespace

// The one class of libpqxx 6 that takes lines as they are; its successor wants every field taken apart and made anew.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
std::uint64_t copy_lines_in(pqxx::transaction_base& transaction, const std::string& target,
                            const std::function<bool(std::string&)>& source) {
  pqxx::tablewriter writer(transaction, target);
  std::uint64_t lines = 0;
  std::string buffer;
  std::size_t searched = 0;
  while (source(buffer)) {
    std::size_t begin = 0;
    for (auto end = buffer.find('\n', searched); end != std::string::npos;
         end = buffer.find('\n', begin)) {
      writer.write_raw_line(buffer.substr(begin, end - begin));
      begin = end + 1;
      ++lines;
    }
    buffer.erase(0, begin);
    searched = buffer.size();
    if (searched > longest_line) throw StoreError("a line of the backup is too long");
  }
  if (!buffer.empty()) throw StoreError("the last line of a table in the backup is cut off");
  writer.complete();
  return lines;
}
#pragma GCC diagnostic pop

}  // namespace mosaic
