// Numbers for people: rounded to three digits, ends of shares, counts in words.
#include "berth/base/brief_text.h"

#include <gtest/gtest.h>

namespace berth {
namespace {

using namespace literals;

TEST(BaseBriefText, KeepsThreeSignificantDigits) {
    EXPECT_EQ(brief(milliseconds(184.96)), "185 ms");
    EXPECT_EQ(brief(milliseconds(0.02166)), "21.7 us");
    EXPECT_EQ(brief(joules(0.0382)), "38.2 mJ");
    EXPECT_EQ(brief(gigabytes_per_second(7.8)), "7.8 GB/s");
}

TEST(BaseBriefText, SizesAreBinaryThroughout) {
    EXPECT_EQ(brief(Bytes::from_si(44236800)), "42.2 MiB");
    EXPECT_EQ(brief(Bytes::from_si(3538944)), "3.38 MiB");
    EXPECT_EQ(brief(Bytes::from_si(4e6)), "3.81 MiB");
    EXPECT_EQ(brief(Bytes::from_si(393216)), "384 KiB");
    EXPECT_EQ(brief(Bytes::from_si(1023 * 1024)), "1020 KiB");
    EXPECT_EQ(brief(Bytes::from_si(17)), "17 B");
    EXPECT_EQ(brief(Bytes{}), "0 B");
    EXPECT_EQ(brief(Bytes::from_si(3e13)), "27.3 TiB");
}

TEST(BaseBriefText, TimesHaveNoExponentFromNanosecondsToYears) {
    EXPECT_EQ(brief(Time{}), "0 ms");
    EXPECT_EQ(brief(nanoseconds(1)), "1 ns");
    EXPECT_EQ(brief(milliseconds(25940)), "25.9 s");
    EXPECT_EQ(brief(milliseconds(999.6)), "1 s");
    EXPECT_EQ(brief(milliseconds(-12)), "-12 ms");
    EXPECT_EQ(brief(seconds(3.156e8)), "316000000 s");
}

TEST(BaseBriefText, TimesBesideEachOtherShareOneUnit) {
    const TimeUnit unit(milliseconds(673));
    EXPECT_EQ(unit.text(milliseconds(25940)), "25900 ms");
    EXPECT_EQ(unit.text(nanoseconds(1)), "0.000001 ms");
    EXPECT_EQ(unit.text(Time{}), "0 ms");
    EXPECT_EQ(TimeUnit(seconds(2)).text(Time{}), "0 s");
    EXPECT_EQ(TimeUnit(Time{}).name(), "ms");
}

TEST(BaseBriefText, AnEstimateHasTheUnitOfItsMedian) {
    EXPECT_EQ(estimate_text({milliseconds(673), milliseconds(322), milliseconds(1410)}),
              "673 ms (5-95 %: 322-1410 ms)");
    EXPECT_EQ(estimate_text({seconds(1.2), milliseconds(61), seconds(900)}), "1.2 s (5-95 %: 0.061-900 s)");
    EXPECT_EQ(estimate_text({milliseconds(26), milliseconds(26), milliseconds(26)}), "26 ms");
    EXPECT_EQ(range_text({Time{}, Time{}, milliseconds(3)}), "0-3 ms");
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
