/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: the kernel's clocks. Gives: milliseconds and dates. Keeps: nothing.
 */
#include "core/base/clock.h"

#include "core/base/defs.h"

static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

int64_t cfg_clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t cfg_clock_ms(void)
{
    return cfg_clock_us() / 1000;
}

int64_t cfg_clock_wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void split(int64_t wall_ms, struct tm *out)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    if (gmtime_r(&seconds, out) == NULL)
        *out = (struct tm){.tm_mday = 1};
}

void cfg_clock_iso(int64_t wall_ms, char out[CFG_CLOCK_ISO_BYTES])
{
    struct tm tm;
    split(wall_ms, &tm);
    snprintf(out, CFG_CLOCK_ISO_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
             (tm.tm_year + 1900) % 10000, (tm.tm_mon + 1) % 100, tm.tm_mday % 100, tm.tm_hour % 100,
             tm.tm_min % 100, tm.tm_sec % 100, (int)(wall_ms % 1000));
}

void cfg_clock_http(int64_t wall_ms, char out[CFG_CLOCK_ISO_BYTES])
{
    struct tm tm;
    split(wall_ms, &tm);
    snprintf(out, CFG_CLOCK_ISO_BYTES, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday % 7],
             tm.tm_mday % 100, months[tm.tm_mon % 12], (tm.tm_year + 1900) % 10000,
             tm.tm_hour % 100, tm.tm_min % 100, tm.tm_sec % 100);
}

/* Days since 1970 of a date in the Gregorian calendar; timegm(3) is not in POSIX. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

int64_t cfg_clock_parse_http(const char *text)
{
    char month[4];
    int day, year, hour, minute, second;
    int used = 0;
    if (strlen(text) < 5)
        return -1;
    if (sscanf(text + 5, "%2d %3s %4d %2d:%2d:%2d GMT%n", &day, month, &year, &hour, &minute,
               &second, &used) != 6 ||
        used == 0)
        return -1;
    for (int i = 0; i < 12; i++)
        if (strcmp(month, months[i]) == 0)
            return (days_from_civil(year, i + 1, day) * 86400 + hour * 3600 + minute * 60 +
                    second) *
                   1000;
    return -1;
}
