// Evaluates points of a sweep: counted over a layout where that can be done, from the beginning where not.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "analysis/lowered_scenario.h"
#include "berth/sweep.h"

namespace berth {

/// What points that differ only in numbers of the profile have in common.
struct SweepLayout {
    std::vector<std::shared_ptr<const LoweredScenario>> known;  ///< each for some of the numbers
    std::string why_not;                                        ///< the scenario does not load, and why
    bool evaluates = false;                                     ///< no layout tells its totals
};

/// Layouts of all threads, by the places of the axes that are no numbers of the profile.
class SweepLayouts {
  public:
    /// One of these at a time for each number.
    struct Shared {
        std::mutex mutex;
        SweepLayout layout;
    };
    [[nodiscard]] std::shared_ptr<Shared> at(std::size_t number);

  private:
    std::mutex mutex_;
    std::unordered_map<std::size_t, std::shared_ptr<Shared>> shared_;
};

inline constexpr std::size_t kCacheLine = 64;

/// One thread's view of a sweep. Threads do not share cache lines.
class alignas(kCacheLine) SweepWorker {
  public:
    SweepWorker(const Sweep& sweep, SweepLayouts& layouts);
    void evaluate(std::size_t point, SweepPoint& result);

  private:
    /// A profile whose numbers are set from point to point.
    struct Numbers {
        Profile profile;
        std::vector<std::function<void(double)>> set;  ///< per axis that is a number
        std::vector<std::size_t> places;               ///< that they are set to
        bool decide_layouts = false;                   ///< some of those that are varied do
    };

    /// Mixed-radix numbers of a point: over the axes that make it another scenario, and over those of them that make it
    /// another profile.
    struct Key {
        std::size_t scenario = 0, hardware = 0;
    };
    [[nodiscard]] Key key_of_places() const;
    [[nodiscard]] std::vector<Override> varied_at(std::size_t number) const;
    [[nodiscard]] std::optional<Scenario> counted(const std::vector<Override>& varied) const;
    [[nodiscard]] const Scenario* loaded(std::size_t number, std::string& why_not);
    [[nodiscard]] Numbers* numbers_at(const Key& key, std::string& why_not);
    void set_numbers(Numbers& numbers) const;
    [[nodiscard]] SweepLayout laid_out(std::size_t number, const Profile& profile);
    void lay_out_next(std::size_t number, const Profile& profile);
    [[nodiscard]] const LoweredScenario* layout_for(const Key& key, const Numbers& numbers, SweepLayout*& layout);
    void evaluate_all(const Key& key, const Profile& profile, SweepPoint& result);

    const Sweep* sweep_;
    SweepLayouts* layouts_;
    std::vector<bool> is_hardware_;
    std::size_t scenarios_ = 1;  ///< of a grid in which only numbers of the profile vary besides
    std::vector<std::size_t> places_;
    std::unordered_map<std::size_t, SweepLayout> own_;
    std::size_t last_number_ = 0;
    const LoweredScenario* last_ = nullptr;
    std::unordered_map<std::size_t, std::unique_ptr<Numbers>> numbers_;
    std::optional<std::size_t> loaded_number_;
    std::optional<Scenario> loaded_;
    std::string load_failure_;
    LoweredScenario::Scratch scratch_;
};

}  // namespace berth
