#include "agent_config/literal_text.hpp"

#include <gtest/gtest.h>

namespace mosaic {
namespace {

// OpenClaw's own rule, read off its source: "$${NAME}" becomes "${NAME}", "${NAME}" is replaced,
// all else stays.
std::string as_openclaw_reads(std::string_view text) {
  const auto name_end = [&](std::size_t begin) -> std::size_t {
    const auto end = text.find('}', begin);
    if (end == std::string_view::npos || end == begin) return std::string_view::npos;
    for (std::size_t i = begin; i < end; ++i) {
      const char c = text[i];
      const bool letter = (c >= 'A' && c <= 'Z') || c == '_';
      if (!letter && !(i > begin && c >= '0' && c <= '9')) return std::string_view::npos;
    }
    return end;
  };
  std::string read;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto escaped_end = text.substr(i, 3) == "$${" ? name_end(i + 3) : std::string_view::npos;
    const auto reference_end = text.substr(i, 2) == "${" ? name_end(i + 2) : std::string_view::npos;
    if (escaped_end != std::string_view::npos) {
      read += text.substr(i + 1, escaped_end - i);
      i = escaped_end;
    } else if (reference_end != std::string_view::npos) {
      read += "<replaced>";
      i = reference_end;
    } else {
      read += text[i];
    }
  }
  return read;
}

TEST(LiteralText, EscapedTextIsReadBackAsItWas) {
  for (const std::string text :
       {"plain", "${HOME}", "$${HOME}", "$$${HOME}", "a${A}b${B_2}c", "${lower}", "${}", "${A",
        "$HOME", "$", "${A${B}}", "$${A$${B}}}", "${1A}", "${_}", "price: $5 {A}", "\\${HOME}"}) {
    EXPECT_EQ(as_openclaw_reads(escape_environment_references(text)), text);
  }
}

TEST(LiteralText, EveryShortTextOfTheDangerousAlphabetSurvives) {
  constexpr std::string_view alphabet = "${}Aa";
  std::vector<std::string> texts{""};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(as_openclaw_reads(escape_environment_references(texts[i])), texts[i]);
    if (texts[i].size() == 6) continue;
    for (const char c : alphabet) texts.push_back(texts[i] + c);
  }
}

TEST(LiteralText, RealKeysAreTakenAsTheyAre) {
  for (const std::string key : {"sk-proj-abc_DEF-123", "0123abcd.EFGHijkl", "sk-ant-api03-x",
                                "AKIAIOSFODNN7EXAMPLE", "no-key-needed", "k-${HOME}-x", "a$b"}) {
    EXPECT_FALSE(why_not_literal_key(key)) << key;
  }
}

TEST(LiteralText, KeysThatOpenClawReadsAsSomethingElseAreRefused) {
  for (const std::string key :
       {"", "!cat /etc/passwd", "${OPENAI_API_KEY}", "$OPENAI_API_KEY", "OPENAI_API_KEY", "PATH",
        "oauth:openai", "secretref-env:X", "secretref-managed", "__env__:X", "ollama-local",
        "with blank", "line\nbreak", "ümlaut"}) {
    EXPECT_TRUE(why_not_literal_key(key)) << key;
  }
  EXPECT_TRUE(why_not_literal_key(std::string(9000, 'x')));
}

TEST(LiteralText, MessagesQuoteShortlyAndOnOneLine) {
  EXPECT_EQ(in_quotes("a\nb\"c\\"), "\"a?b?c?\"");
  EXPECT_EQ(in_quotes(std::string(79, 'a') + "é"), "\"" + std::string(79, 'a') + "…\"");
  EXPECT_LT(in_quotes(std::string(1'000'000, 'x')).size(), 100U);
}

}  // namespace
}  // namespace mosaic
