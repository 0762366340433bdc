#include <shearwater/io/value.hpp>

#include <limits>

#include "support.hpp"

using namespace shearwater;
using Catch::Matchers::Contains;

namespace {

constexpr Range all_numbers{-std::numeric_limits<double>::max(), std::numeric_limits<double>::max()};

/// The reason why `read` refuses, or nothing.
template <class Read>
std::string refusal(Read&& read)
{
    try {
        static_cast<void>(read());
    } catch (const ValueError& error) {
        return error.reason;
    }
    return "";
}

}  // namespace

TEST_CASE("a number may begin with a plus, but with one sign only", "[value]")
{
    CHECK(read_number("+1e-4", all_numbers) == 1e-4);
    CHECK(read_number("+.5", all_numbers) == 0.5);
    CHECK(read_number("-2", all_numbers) == -2.0);
    CHECK(read_integer("+5", 0, 10) == 5);
    CHECK(read_integer("-5", -10, 10) == -5);
    CHECK(read_increasing("+0.1,+2e-1", all_numbers) == std::vector<double>{0.1, 0.2});
    for (const std::string text : {"", "+", "-", "++5", "+-5", "-+5", "--5", "+ 5", "5+", "0x5", "1,5", "1e", "1 2", "5\n"}) {
        INFO(text);
        CHECK_THAT(refusal([&] { return read_number(text, all_numbers); }), Contains("is not a number"));
        CHECK_THAT(refusal([&] { return read_integer(text, 0, 10); }), Contains("is not a whole number"));
    }
    for (const std::string text : {"inf", "+inf", "nan", "-nan"})
        CHECK_THAT(refusal([&] { return read_number(text, all_numbers); }), Contains("is not finite"));
    CHECK_THAT(refusal([] { return read_integer("+99999999999999999999", 0, 10); }), Contains("is out of range"));
}

TEST_CASE("a duration is minutes, H:MM:SS or D-HH:MM:SS", "[value]")
{
    CHECK(read_duration("90") == 90.0);
    CHECK(read_duration("0.5") == 0.5);
    CHECK(read_duration("1e1") == 10.0);
    CHECK(read_duration("+2") == 2.0);
    CHECK(read_duration("0:00:01") == 1.0 / 60.0);
    CHECK(read_duration("1:30:00") == 90.0);
    CHECK(read_duration("01:02:03") == 62.05);
    CHECK(read_duration("100:00:30") == 6000.5);
    CHECK(read_duration("0-00:10:00") == 10.0);
    CHECK(read_duration("2-12:00:00") == 3600.0);
    CHECK(read_duration("1-1:00:00") == 1500.0);
}

TEST_CASE("a duration of any other form is refused with the forms that there are", "[value]")
{
    for (const std::string text :
         {"",           " ",   "abc",    "5:30", "1:2:3", "1:30:0",    "1:30",      "-1:00:00", "1:00:00 ", " 1:00:00",    "1::00",
          "1:00:00:00", "1-2", "1-2:00", "1h",   "90m",   "1.5:00:00", "1:00:00.5", "+1:00:00", "1 :00:00", "-2-12:00:00", "99999999999:00:00"}) {
        INFO(text);
        CHECK_THAT(refusal([&] { return read_duration(text); }), Contains("write minutes") && Contains("H:MM:SS") && Contains("D-HH:MM:SS"));
    }
    for (const std::string text : {"1:75:00", "1:60:00", "1:00:60", "1-24:00:00"}) {
        INFO(text);
        CHECK_THAT(refusal([&] { return read_duration(text); }), Contains("below 60") && Contains("below 24"));
    }
    for (const std::string text : {"0", "-5", "0:00:00", "0-00:00:00", "nan", "inf", "1e400", "1e10", "999999999:00:00"}) {
        INFO(text);
        CHECK_THAT(refusal([&] { return read_duration(text); }), Contains("is out of range"));
    }
}
