// Uses the installed headers and links the installed library; exits with 0 if they compute what they should.
#include <berth/quantity_text.h>
#include <berth/units.h>

int main() {
    const berth::Time transfer = berth::megabytes(78) / berth::gigabytes_per_second(7.8);
    return berth::to_text(transfer) == "10 ms" ? 0 : 1;
}
