require "fileinto"; # one comment
/* another one,
   over two lines; if true { discard; } */
if header :contains "Subject" text: # and one behind text:
hello
.
{
    fileinto "A";
}
if header :is "X-Dots" text:
..stuffed
.
{ discard; }
