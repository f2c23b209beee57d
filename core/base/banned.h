/* SPDX-License-Identifier: Apache-2.0 */
/*
 * banned: functions that have no bounded or thread-safe use here. Using one does not compile.
 */
#ifndef CORE_BASE_BANNED_H
#define CORE_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets strtok
#pragma GCC poison atoi atol atof localtime gmtime ctime asctime

#endif
