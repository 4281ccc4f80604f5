// No fault of the list is without a test, and no test is of a fault that the list does not have.
#include <cctype>
#include <cstdio>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "test/faults/fault_list.hpp"

namespace mosaic::faults {
namespace {

// "F06_…" is of fault 6; 0: a test of something else.
int fault_of(const std::string& test) {
  const bool numbered = test.size() > 4 && test[0] == 'F' && test[3] == '_' &&
                        std::isdigit(test[1]) != 0 && std::isdigit(test[2]) != 0;
  return numbered ? std::stoi(test.substr(1, 2)) : 0;
}

TEST(FaultList, EveryFaultHasATestAndEveryTestAFault) {
  std::set<int> tested;
  const auto& all = *testing::UnitTest::GetInstance();
  for (int suite = 0; suite < all.total_test_suite_count(); ++suite) {
    const auto& tests = *all.GetTestSuite(suite);
    if (std::string(tests.name()) == "FaultList") continue;
    for (int one = 0; one < tests.total_test_count(); ++one) {
      const int fault = fault_of(tests.GetTestInfo(one)->name());
      EXPECT_GT(fault, 0) << tests.GetTestInfo(one)->name() << " names no fault";
      EXPECT_TRUE(tested.insert(fault).second) << "fault " << fault << " has two tests";
    }
  }
  for (std::size_t index = 0; index < fault_list.size(); ++index) {
    EXPECT_TRUE(tested.erase(static_cast<int>(index) + 1) == 1)
        << "fault " << index + 1 << " (" << fault_list[index] << ") has no test";
  }
  EXPECT_TRUE(tested.empty()) << "fault " << *tested.begin() << " is not on the list";
}

}  // namespace
}  // namespace mosaic::faults
