require ["fileinto", "imap4flags", "reject"];
/*
BEGIN:FILTER:1
*/
if allof(
    header :contains ["To", "CC"] "list@example.org",
    header :is ["Subject"] "hello"
)
{
    addflag "\\Seen";
    fileinto "Lists/Hello";
    stop;
}
/* END:FILTER */
