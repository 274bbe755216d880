export   const f=async <T,>( x:T , y?:number )=>{ return  await Promise.resolve( {x,y,"z":[1,2,
3]} ) }
