// Numbers for people: rounded to three digits, ends of shares, counts in words.
#include "berth/brief_text.h"

#include <gtest/gtest.h>

namespace berth {
namespace {

using namespace literals;

TEST(BaseBriefText, KeepsThreeSignificantDigits) {
    EXPECT_EQ(brief(milliseconds(184.96)), "185 ms");
    EXPECT_EQ(brief(milliseconds(0.02166)), "21.7 us");
    EXPECT_EQ(brief(Bytes::from_si(44236800)), "44.2 MB");
    EXPECT_EQ(brief(Bytes::from_si(3538944)), "3.54 MB");
    EXPECT_EQ(brief(Time{}), "0 s");
}

TEST(BaseBriefText, RoundsBeforeThePointToo) {
    EXPECT_DOUBLE_EQ(with_digits(44239872, 3), 44200000);
    EXPECT_DOUBLE_EQ(with_digits(-0.0012345, 2), -0.0012);
    EXPECT_DOUBLE_EQ(with_digits(999.6, 3), 1000);
}

TEST(BaseBriefText, SharesHaveNoFalsePrecision) {
    EXPECT_EQ(share_text(0.37), "37%");
    EXPECT_EQ(share_text(0.9921), "99.2%");
    EXPECT_EQ(share_text(0.018), "1.8%");
    EXPECT_EQ(share_text(1), ">99.9%");
    EXPECT_EQ(share_text(1.8e-26), "<0.1%");
}

TEST(BaseBriefText, CountsOnceAndTwiceInWords) {
    EXPECT_EQ(times_text(1), "once");
    EXPECT_EQ(times_text(2), "twice");
    EXPECT_EQ(times_text(3), "3 times");
}

}  // namespace
}  // namespace berth
