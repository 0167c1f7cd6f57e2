// Laws of the list of numbers: set values are listed, printed values can be read back, copies are independent.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "berth/base/quantity_text.h"
#include "hardware_fixtures.h"

namespace berth {
namespace {

std::size_t any_index(const std::vector<ParameterView>& views) {
    return *rc::gen::inRange<std::size_t>(0, views.size());
}

RC_GTEST_PROP(HardwareParameters, SettingOneChangesThatOneOnly, ()) {
    static const Profile board = *read_board().profile;
    Profile copy = board;
    const auto before = parameters(copy);
    const std::size_t chosen = any_index(before);
    const double value = *rc::gen::inRange(1, 1000000) * before[chosen].value / 1000.0;
    before[chosen].set(value);
    const auto after = parameters(copy);
    RC_ASSERT(after.size() == before.size());
    for (std::size_t i = 0; i < after.size(); ++i) {
        RC_ASSERT(after[i].path == before[i].path);
        RC_ASSERT(after[i].value == (i == chosen ? value : before[i].value));
    }
}

RC_GTEST_PROP(HardwareParameters, CopiesOfAProfileAreIndependent, ()) {
    static const Profile board = *read_board().profile;
    Profile one = board;
    Profile other = board;
    const auto views = parameters(one);
    const std::size_t chosen = any_index(views);
    views[chosen].set(views[chosen].value * 2 + 1e-9);
    RC_ASSERT(parameters(other)[chosen].value == views[chosen].value);
}

// Every listed path can be overridden by what the list prints for it, and the list then shows what was written. Four
// printed digits carry a relative error of at most 5e-4.
RC_GTEST_PROP(HardwareParameters, AnOverrideByPathAndPrintedValueIsReadBack, ()) {
    static const Profile board = *read_board().profile;
    Profile copy = board;
    const auto views = parameters(copy);
    const std::size_t chosen = any_index(views);
    const double value = views[chosen].value * *rc::gen::inRange(900, 1000) / 1000.0;
    const std::string text = quantity_text(value, views[chosen].dimension);
    std::vector<ProfileOverride> overrides{{views[chosen].path, text}};
    if (views[chosen].path.ends_with(".clock")) {
        overrides.push_back({"devices.npu.clocks", "[]"});
    }
    if (views[chosen].path.ends_with(".unaligned")) {
        RC_PRE(value >= 1);
    }
    const ProfileReading reading = read_board(overrides);
    RC_LOG() << views[chosen].path << " = " << text << "\n" << reading.complaints;
    RC_ASSERT(reading.profile.has_value());
    Profile changed = *reading.profile;
    const auto after = parameters(changed);
    RC_ASSERT(after.size() == views.size());
    RC_ASSERT(after[chosen].path == views[chosen].path);
    RC_ASSERT(std::abs(after[chosen].value - value) <= 5e-4 * std::abs(value));
}

}  // namespace
}  // namespace berth
