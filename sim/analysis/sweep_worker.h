// Evaluates points of a sweep over a shared layout where possible, and by a full evaluation otherwise.
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
#include "berth/analysis/sweep.h"

namespace berth {

/// State shared by points that differ only in numbers of the profile.
struct SweepLayout {
    std::vector<std::shared_ptr<const LoweredScenario>> known;  ///< layouts, each valid for a range of the numbers
    std::string why_not;                                        ///< reason why the scenario does not load
    bool evaluates = false;                                     ///< totals need a full evaluation
};

/// Layouts shared by all threads, indexed by the positions on the axes that are not numbers of the profile.
class SweepLayouts {
  public:
    /// A layout with its lock.
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

/// State of one thread of a sweep, aligned so that threads do not share cache lines.
class alignas(kCacheLine) SweepWorker {
  public:
    SweepWorker(const Sweep& sweep, SweepLayouts& layouts);
    void evaluate(std::size_t point, SweepPoint& result);

  private:
    /// A profile whose numbers are set in place from point to point.
    struct Numbers {
        Profile profile;
        std::vector<std::function<void(double)>> set;  ///< [axis] setter of its number
        std::vector<std::size_t> places;               ///< [axis] position that its number is set to
        bool decide_layouts = false;                   ///< some of the varied numbers affect lowering
    };

    /// Mixed-radix indices of a point: over the axes that change the scenario, and over those of them that change the
    /// profile.
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
    std::size_t scenarios_ = 1;  ///< number of scenarios in a grid whose other axes are numbers of the profile
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
