// SplitMix64 (Steele, Lea and Flood 2014); the distributions of the standard library differ between implementations.
#include "base/chance.h"

#include <cmath>
#include <numbers>

namespace berth {

namespace {

constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15U;

std::uint64_t mixed(std::uint64_t z) {
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
}

}  // namespace

Chance::Chance(std::uint64_t seed, std::uint64_t stream) : state_(mixed(seed + kStep) ^ mixed(stream * kStep + 1)) {}

double Chance::uniform() {
    state_ += kStep;
    return (static_cast<double>(mixed(state_) >> 11U) + 0.5) * 0x1p-53;
}

double Chance::exponential(double mean) { return -mean * std::log(uniform()); }

// Transform of Box and Muller (1958).
double Chance::normal() {
    const double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
}

// FNV-1a hash (Fowler, Noll and Vo); unlike std::hash it gives the same result everywhere.
std::uint64_t stream_of(std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : name) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    return hash;
}

}  // namespace berth
