// Uses the installed headers and library; exits with 0 if they compute what they should.
#include <berth/units.h>

int main() {
    const berth::Time transfer = berth::megabytes(78) / berth::gigabytes_per_second(7.8);
    const bool right = transfer > berth::milliseconds(9.999) && transfer < berth::milliseconds(10.001);
    return right ? 0 : 1;
}
