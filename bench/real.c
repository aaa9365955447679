/* What is called in the end; it does nothing. */
int main(void) { return 0; }
