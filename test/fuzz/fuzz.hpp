// What a fuzz target is: a file NAME_fuzz.cpp that defines try_input(), and a folder corpus/NAME of inputs to begin with.
//
// A target asserts rules, by require(): an input that breaks one ends the process as a crash would, and so does an
// exception that try_input() lets out. The same target is driven by libFuzzer (`./dev fuzz`: coverage, sanitizers) and by
// replay.cpp (with every run of the tests: the corpus, and a fixed number of mutations of it). It must depend on nothing but the input.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mosaic::test {

void try_input(std::string_view input);

// Ends the process, naming the rule, unless it held.
void require(bool held, std::string_view rule);

// The text up to the next line feed, which is taken off as well; all of it when there is none.
std::string_view take_line(std::string_view& rest);

// `text` cut into pieces as "3 1 40" says: three bytes, one, forty, then again from the beginning of the list. Lengths are
// from 1 to 999; whatever else is in the list counts for nothing, and without any length there is one piece.
std::vector<std::string_view> in_pieces(std::string_view text, std::string_view lengths);

bool is_utf8(std::string_view text);

}  // namespace mosaic::test
