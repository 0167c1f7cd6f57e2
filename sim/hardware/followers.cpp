// Relative numbers as a tree over the views of a profile.
#include "hardware/followers.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "berth/hardware/runtimes.h"

namespace berth {

namespace {

/// All numbers that follow another or have followers, by position among the views.
class Followers {
  public:
    struct Number {
        std::function<void(double)> put;  ///< sets the number without its followers
        double value = 0;                 ///< current value
        double share = 0, base_at_first = 0;
        std::size_t base = kNone;
        std::vector<std::size_t> followers;
    };
    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

    explicit Followers(std::vector<Number> numbers) : numbers_(std::move(numbers)) {}

    void set(std::size_t place, double si) {
        Number& number = numbers_[place];
        if (number.base == kNone) {
            move(place, si);
            return;
        }
        // Setting the current value again keeps the share exactly as written.
        const bool same = si == number.share * number.base_at_first;
        number.share = same ? number.share : si / number.base_at_first;
        move(place, number.share * numbers_[number.base].value);
    }

    void fix(std::size_t place, double si) {
        Number& number = numbers_[place];
        if (number.base != kNone) {
            std::erase(numbers_[number.base].followers, place);
            number.base = kNone;
        }
        move(place, si);
    }

  private:
    void move(std::size_t place, double si) {
        numbers_[place].value = si;
        numbers_[place].put(si);
        for (const std::size_t follower : numbers_[place].followers) {
            move(follower, numbers_[follower].share * si);
        }
    }

    std::vector<Number> numbers_;
};

}  // namespace

namespace {

// Paths of the numbers of a profile that move with the number at `path`, itself included.
std::vector<std::string> followers_of(const Profile& profile, const std::string& path) {
    std::vector<std::string> moving{path};
    for (std::size_t i = 0; i < moving.size(); ++i) {
        for (const RelativeNumber& one : profile.relative) {
            if (one.base == moving[i]) {
                moving.push_back(one.path);
            }
        }
    }
    return moving;
}

}  // namespace

std::vector<std::string> moving_with(const Profile& profile, const std::string& path) {
    std::vector<std::string> moving = followers_of(profile, path);
    for (const Profile& runtime : profile.runtimes) {
        const auto within = path_within(runtime, path);
        for (const std::string& each : within ? followers_of(runtime, *within) : std::vector<std::string>()) {
            const std::string moved = path_among_all(runtime, each);
            if (std::ranges::find(moving, moved) == moving.end()) {
                moving.push_back(moved);
            }
        }
    }
    return moving;
}

void make_followers_move(std::vector<ParameterView>& views, Profile& profile) {
    const auto place_of = [&views](const std::string& path) {
        return static_cast<std::size_t>(std::ranges::find(views, path, &ParameterView::path) - views.begin());
    };
    std::vector<Followers::Number> numbers(views.size());
    std::vector<bool> concerned(views.size(), false);
    for (const RelativeNumber& one : profile.relative) {
        const std::size_t place = place_of(one.path);
        const std::size_t base = place_of(one.base);
        if (place == views.size() || base == views.size() || views[base].value <= 0) {
            continue;  // number of a disabled device
        }
        views[place].base = one.base;
        views[place].per_cycle = one.per_cycle;
        numbers[place].base = base;
        numbers[place].base_at_first = views[base].value;
        const bool as_written = views[place].value == one.share * views[base].value;
        numbers[place].share = as_written ? one.share : views[place].value / views[base].value;
        views[place].share = numbers[place].share;
        numbers[base].followers.push_back(place);
        concerned[place] = concerned[base] = true;
    }
    for (std::size_t i = 0; i < views.size(); ++i) {
        numbers[i].value = views[i].value;
        numbers[i].put = concerned[i] ? views[i].set : nullptr;
    }
    const auto all = std::make_shared<Followers>(std::move(numbers));
    for (std::size_t i = 0; i < views.size(); ++i) {
        views[i].fix = views[i].set;
        if (concerned[i]) {
            views[i].set = [all, i](double si) { all->set(i, si); };
            views[i].fix = [all, i, path = views[i].path, &profile](double si) {
                all->fix(i, si);
                std::erase_if(profile.relative, [&path](const RelativeNumber& one) { return one.path == path; });
            };
        }
    }
}

}  // namespace berth
