// Drives one fuzz target without libFuzzer, as any compiler builds it: every file of the corpus, then a fixed number of
// inputs mutated from it by a fixed seed. The same runs every time; nothing is learnt from coverage (see `./dev fuzz`).
//
//   TARGET_fuzz [--runs N] [--seed S] FILE-OR-FOLDER...
//
// An input that breaks a rule is written to TARGET_fuzz.crash in the working directory, and the process ends by SIGABRT or the
// signal that it caused.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t max_input_bytes = 8192;

// For the signal handler, which may read plain memory only.
const std::string* present_input = nullptr;
std::string crash_file;

void keep_input(int signal) {
  const int file = ::open(crash_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file >= 0 && present_input != nullptr) {
    const auto written = ::write(file, present_input->data(), present_input->size());
    static_cast<void>(written);  // there is nobody left to tell
    ::close(file);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void keep_input_of_crash(const char* program) {
  crash_file = std::filesystem::path(program).filename().string() + ".crash";
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL})
    std::signal(signal, keep_input);
}

void run(const std::string& input) {
  present_input = &input;
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  present_input = nullptr;
}

std::vector<std::string> read_inputs(const std::vector<std::string>& places) {
  std::vector<std::filesystem::path> files;
  for (const auto& place : places) {
    if (!std::filesystem::is_directory(place)) {
      files.emplace_back(place);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(place))
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());  // a folder's own order differs from machine to machine
  std::vector<std::string> inputs;
  for (const auto& file : files) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) throw std::runtime_error("cannot read " + file.string());
    inputs.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  return inputs;
}

class Mutator {
 public:
  Mutator(const std::vector<std::string>& corpus, std::uint64_t seed)
      : corpus_(corpus), random_(seed) {}

  std::string next() {
    std::string input = any_of_corpus();
    for (std::size_t left = 1 + below(4); left > 0; --left) change(input);
    input.resize(std::min(input.size(), max_input_bytes));
    return input;
  }

 private:
  // Not a distribution of the standard library: these differ between libraries.
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }
  const std::string& any_of_corpus() { return corpus_[below(corpus_.size())]; }

  void change(std::string& input) {
    const auto at = below(input.size() + 1);
    const auto length = 1 + below(std::min<std::size_t>(16, input.size() - at + 1));
    switch (below(7)) {
      case 0:
        if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << below(8)));
        return;
      case 1:
        if (at < input.size()) input[at] = static_cast<char>(below(256));
        return;
      case 2:
        input.insert(at, 1, "\0\r\n\t \"\\{}[]:;,.=$%/#-0"[below(23)]);
        return;
      case 3:
        input.erase(at, length);
        return;
      case 4:  // once more what is there
        input.insert(at, std::string(input, at, length));
        return;
      case 5:
        input.resize(at);
        return;
      default: {  // a piece of another input
        const auto& other = any_of_corpus();
        const auto from = below(other.size() + 1);
        input.insert(at, other, from, 1 + below(32));
      }
    }
  }

  const std::vector<std::string>& corpus_;
  std::mt19937_64 random_;
};

}  // namespace

int main(int count, char** words) {
  std::uint64_t runs = 0;
  std::uint64_t seed = 1;
  std::vector<std::string> places;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const bool takes_number = word == "--runs" || word == "--seed";
    if (takes_number && i + 1 < count) {
      (word == "--runs" ? runs : seed) = std::strtoull(words[++i], nullptr, 10);
    } else {
      places.push_back(word);
    }
  }
  const auto corpus = read_inputs(places);
  if (corpus.empty()) {
    std::fprintf(stderr, "there is nothing to replay\n");
    return 2;
  }
  keep_input_of_crash(words[0]);
  for (const auto& input : corpus) run(input);
  Mutator mutator(corpus, seed);
  for (std::uint64_t i = 0; i < runs; ++i) run(mutator.next());
  std::printf("%zu inputs replayed, %llu mutated: every rule held\n", corpus.size(),
              static_cast<unsigned long long>(runs));
  return 0;
}
