#include "page_parts.h"

void page_claims(struct page *page)
{
	(void)page;
}
