// Orders, cycles and components of numbered nodes.
#include "graph/precedence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Pairs = std::vector<Precedence>;

TEST(Precedence, WhatIsInOrderStaysAndPreferencesDecideAmongWhatMayBeNext) {
    const Pairs pairs{{0, 2}, {1, 2}, {1, 2}, {2, 4}};
    EXPECT_THAT(topological_order(5, pairs), ElementsAre(0, 1, 2, 3, 4));
    EXPECT_THAT(topological_order(5, pairs, std::vector<double>{5, 4, 0, 4, 1}), ElementsAre(1, 3, 0, 2, 4));
    EXPECT_THAT(topological_order(3, Pairs{{2, 0}, {0, 1}}), ElementsAre(2, 0, 1));
    EXPECT_THAT(topological_order(0, Pairs{}), IsEmpty());
}

TEST(Precedence, ACycleIsFoundBehindWhatLeadsToItAndBeforeWhatItLeadsTo) {
    const Pairs pairs{{0, 2}, {2, 4}, {4, 3}, {3, 2}, {3, 1}};
    EXPECT_THAT(topological_order(5, pairs), ElementsAre(0));
    EXPECT_THAT(find_cycle(5, pairs), ElementsAre(2, 4, 3));
    EXPECT_THAT(find_cycle(2, Pairs{{1, 1}}), ElementsAre(1));
    EXPECT_THAT(find_cycle(5, Pairs{{0, 2}, {2, 4}, {4, 3}}), IsEmpty());
}

TEST(Precedence, ComponentsHoldWhatLeadsToEachOther) {
    const auto component = strong_components(6, Pairs{{4, 5}, {0, 1}, {1, 2}, {2, 0}, {2, 3}, {3, 4}, {4, 3}});
    EXPECT_EQ(component[0], component[1]);
    EXPECT_EQ(component[1], component[2]);
    EXPECT_EQ(component[3], component[4]);
    EXPECT_NE(component[0], component[3]);
    EXPECT_NE(component[5], component[3]);
    EXPECT_NE(component[5], component[0]);
}

// A walk that calls itself for each node would not come back from it.
TEST(Precedence, ChainsMayBeLong) {
    constexpr int kLong = 300'000;
    Pairs chain;
    for (int node = 1; node < kLong; ++node) {
        chain.emplace_back(node, node - 1);
    }
    EXPECT_EQ(topological_order(kLong, chain).front(), kLong - 1);
    chain.emplace_back(0, kLong - 1);
    EXPECT_EQ(find_cycle(kLong, chain).size(), std::size_t{kLong});
    const auto component = strong_components(kLong, chain);
    EXPECT_EQ(std::ranges::count(component, component.front()), kLong);
}

}  // namespace
}  // namespace berth
