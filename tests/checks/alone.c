/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes: one room, linked whole. Gives: a program that does nothing.
 * Keeps: that the room needs only what lies below it, else this does not link.
 */
int main(void)
{
    return 0;
}
